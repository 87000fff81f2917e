#pragma once
// The agreement of endpoints on a value. Pure.
#include "adapters/chain/question.hpp"

#include <string>
#include <variant>
#include <vector>

namespace arrakis::chain::reader {

/// The answer of one endpoint to one question. An endpoint that did not answer has no vote.
struct vote {
  std::string endpoint; ///< Host and port: two addresses of one host are one voter.
  int64_t block = 0;    ///< Block of the question. Where there is one endpoint alone, it votes about two blocks.
  value_or_reason answer;
};

/// An answer that enough voters gave.
struct agreed {
  contract_answer value;
  std::vector<std::string> endpoints; ///< Endpoints that gave the value, each once.
};
/// State of an undecided vote: the number of further votes that could decide it.
struct open_vote {
  size_t missing = 1;
};
using count_result = std::variant<agreed, unknown_reason, open_vote>;

/// Counts the votes of different voters (endpoint and block). `needed` equal votes decide; two answers with `needed`
/// votes each are a disagreement. `needed` equal reasons (31 bytes instead of 32) decide as well.
count_result count_votes(const std::vector<vote>&, size_t needed);

/// Reason for an undecided question when no further vote can arrive. `chain`: its display name.
unknown_reason explain_open(const std::vector<vote>&, size_t needed, const std::string& chain);

/// Endpoints whose value differs from the agreed one, each once.
std::vector<std::string> dissenters(const std::vector<vote>&, const agreed&);

} // namespace arrakis::chain::reader
