#!/usr/bin/env python3
"""Types /onboard at the sandbox whose address is given, and clicks through to the end of the deployment."""
import json
import sys
import time
import urllib.request

TRIES = 6  # "The application did not respond": a busy machine; a person clicks again.


class Person:
    def __init__(self, sandbox):
        self.sandbox = sandbox + "/_sandbox/"
        self.channel = self.call("GET", "info")["channel_id"]
        self.message = self.interaction = None

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.sandbox + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def act(self, order):
        for _ in range(TRIES):
            answer = self.call("POST", "interactions", order)
            if "did not respond" not in answer.get("error", ""):
                break
        if answer.get("error"):
            sys.exit(f"{order}: {answer['error']}")
        self.interaction = answer["id"]
        self.message = answer.get("message", self.message)

    def type(self, command):
        self.act({"command": command})

    def press(self, pattern, *values):
        order = {"message": self.message["id"], "custom_id": pattern}
        self.act(order | {"values": list(values)} if values else order)

    def submit(self, **fields):
        self.act({"form_of": self.interaction, "fields": fields})

    def sees(self, text, seconds=60):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            shown = json.dumps(self.call("GET", f"messages/{self.channel}/{self.message['id']}"), ensure_ascii=False)
            if text in shown:
                return
        sys.exit(f"'{text}' is not there after {seconds} s: {shown}")

    def goes_on(self, text):
        self.press("wizard:continue:*")
        self.sees(text)


admin = Person(sys.argv[1])
admin.type("onboard")
admin.sees("Step 1 of 8")
admin.press("wizard:start:*")
admin.submit(name="Sietch Tabr")
admin.sees("Sietch Tabr")
admin.goes_on("Step 2 of 8")
admin.press("wizard:chain:*", "sandbox")
admin.goes_on("Step 3 of 8")
admin.press("wizard:asset-type:*", "native")
admin.submit(min_balance="1")
admin.sees("SAND")
admin.goes_on("Step 4 of 8")
admin.press("wizard:tier-template:*", "simple")
admin.goes_on("Step 5 of 8")
admin.goes_on("Step 6 of 8")
admin.press("wizard:channel-template:*", "standard")
admin.goes_on("Step 7 of 8")
admin.press("wizard:deploy:*")
admin.sees("is ready", 120)
