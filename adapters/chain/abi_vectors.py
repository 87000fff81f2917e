#!/usr/bin/env python3
"""Writes abi_vectors.test.hpp: call data and returned bytes as somebody else's library makes them (eth-abi, by the
Ethereum Foundation). The tests hold ours against them. To write it again:

    python3 -m venv /tmp/abi && /tmp/abi/bin/pip install eth-abi==5.1.0 'eth-hash[pycryptodome]==0.7.0' eth-utils==6.0.0
    /tmp/abi/bin/python adapters/chain/abi_vectors.py
"""
import pathlib

import eth_abi
from eth_utils import function_signature_to_4byte_selector as selector

ONE = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
TWO = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
MOST = 2**256 - 1


def call(signature, types, values):
    return (selector(signature) + eth_abi.encode(types, values)).hex()


balance_of = selector("balanceOf(address)") + eth_abi.encode(["address"], [ONE])
calls = [(ONE, True, balance_of), (TWO, True, b""), (TWO, True, bytes(range(33)))]
vectors = {
    "token_balance": call("balanceOf(address)", ["address"], [ONE]),
    "token_owner_of_most": call("ownerOf(uint256)", ["uint256"], [MOST]),
    "item_balance": call("balanceOf(address,uint256)", ["address", "uint256"], [TWO, 2**64]),
    "four_arguments": call(
        "f(address,uint64,bool,bytes4)",
        ["address", "uint64", "bool", "bytes4"],
        [ONE, 2**64 - 1, True, bytes.fromhex("deadbeef")],
    ),
    "get_eth_balance": call("getEthBalance(address)", ["address"], [TWO]),
    "aggregate_of_none": call("aggregate3((address,bool,bytes)[])", ["(address,bool,bytes)[]"], [[]]),
    "aggregate_of_three": call("aggregate3((address,bool,bytes)[])", ["(address,bool,bytes)[]"], [calls]),
    "returned_none": eth_abi.encode(["(bool,bytes)[]"], [[]]).hex(),
    "returned_three": eth_abi.encode(
        ["(bool,bytes)[]"], [[(True, eth_abi.encode(["uint256"], [MOST])), (False, b""), (True, bytes(range(33)))]]
    ).hex(),
}
lines = [
    "#pragma once",
    "// Written by abi_vectors.py with eth-abi; not edited by hand.",
    "#include <string_view>",
    "",
    "namespace arrakis::chain::vectors {",
]
for name, text in vectors.items():
    parts = [text[i : i + 96] for i in range(0, len(text), 96)]
    lines.append(f"inline constexpr std::string_view {name} =")
    lines.append("\n".join(f'  "{part}"' for part in parts) + ";")
lines.append("} // namespace arrakis::chain::vectors")
target = pathlib.Path(__file__).with_name("abi_vectors.test.hpp")
target.write_text("\n".join(lines) + "\n")
