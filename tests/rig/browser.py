#!/usr/bin/env python3
"""Loads a page in headless Chromium, looks at it, and takes pictures.

Usage: browser.py URL SECONDS FOLDER NAME:WIDTHxHEIGHT:SCHEME[:JAVASCRIPT]...

Waits until the page has been there for SECONDS, then stores NAME.png in FOLDER for each window size and colour scheme
(light or dark); with JAVASCRIPT it calls that first. FOLDER -: no pictures. It fails when the page has logged an error,
has broken its own policy, or is wider than its window. It prints how busy the page was, as a share of one core.
"""
import base64
import json
import os
import subprocess
import sys
import tempfile
import time


class Browser:
    """Speaks the DevTools protocol over the pipes 3 and 4."""

    def __init__(self, folder):
        program = next(p for p in ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium") if os.path.exists(p))
        ours, theirs = os.pipe(), os.pipe()
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec 3<&{ours[0]} 4>&{theirs[1]}; exec "$@"', "browser", program, "--headless",
             "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
             f"--user-data-dir={folder}"], pass_fds=(ours[0], theirs[1]), stderr=subprocess.DEVNULL)
        os.close(ours[0])
        os.close(theirs[1])
        self.to, self.out = ours[1], theirs[0]
        self.count, self.rest, self.session, self.errors = 0, b"", None, []

    def message(self):
        while b"\0" not in self.rest:
            piece = os.read(self.out, 1 << 20)
            if not piece:
                sys.exit("the browser has ended")
            self.rest += piece
        line, self.rest = self.rest.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **params):
        self.count += 1
        request = {"id": self.count, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.count:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]
            self.note(answer)

    def note(self, event):
        if event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            self.errors.append(event["params"]["entry"]["text"])
        if event["method"] == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(event["params"]["exceptionDetails"])[:500])

    def value(self, script):
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def open(self, url):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in "Page", "Runtime", "Log", "Performance":
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)

    def busy(self):
        return {m["name"]: m["value"] for m in self.call("Performance.getMetrics")["metrics"]}["TaskDuration"]

    def picture(self, name, size, scheme, script, folder):
        width, height = (int(n) for n in size.split("x"))
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        if script:
            self.value(script)
        time.sleep(0.5)
        wide = self.value("document.documentElement.scrollWidth")
        if wide > width:
            self.errors.append(f"{name}: the page is {wide} pixels wide, and the window {width}")
        if folder != "-":
            data = self.call("Page.captureScreenshot", format="png")["data"]
            with open(os.path.join(folder, f"{name}.png"), "wb") as file:
                file.write(base64.b64decode(data))

    def close(self):
        self.session = None
        os.write(self.to, json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
        self.process.wait(10)


def main():
    url, seconds, folder, *pictures = sys.argv[1:]
    with tempfile.TemporaryDirectory() as own:
        browser = Browser(own)
        browser.open(url)
        time.sleep(min(3, float(seconds)))
        begun, busy = time.monotonic(), browser.busy()
        time.sleep(max(0, float(seconds) - 3))
        spent = time.monotonic() - begun
        if spent > 5:
            print(f"the page used {100 * (browser.busy() - busy) / spent:.1f} % of a core in the browser")
        for picture in pictures:
            name, size, scheme, script = (picture.split(":", 3) + [""])[:4]
            browser.picture(name, size, scheme, script, folder)
        print(browser.value("document.body.innerText"))
        browser.close()
    for error in browser.errors:
        print("error:", error)
    sys.exit(bool(browser.errors))


main()
