"""Runs one module of CPython's tests, unmodified, and writes what became of each test.

run_suite.py control|sluice|sabotaged MODULE RESULTS [JAVA_HOME CLASS_PATH]
"""
import os
import sys
import unittest

import sluice_select


class Outcomes(unittest.TextTestResult):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.outcomes = {}

    def startTest(self, test):
        super().startTest(test)
        self.outcomes[test.id()] = "passed"

    def addError(self, test, error):
        super().addError(test, error)
        self.outcomes[test.id()] = "failed"

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.outcomes[test.id()] = "failed"

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self.outcomes[test.id()] = "failed"

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.outcomes[test.id()] = "skipped"


kind, module, results = sys.argv[1:4]
calls = lambda: (0, 0)
if kind != "control":
    calls = sluice_select.start(*sys.argv[4:6], kind == "sabotaged")
suite = unittest.defaultTestLoader.loadTestsFromName("test." + module)
before = calls()
runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Outcomes)
outcomes = runner.run(suite).outcomes
with open(results, "w", encoding="ascii") as file:
    print("calls", *(after - b for after, b in zip(calls(), before)), file=file)
    for test, outcome in outcomes.items():
        print(outcome, test, file=file)
sys.stdout.flush()
os._exit(0)  # the JVM cannot be ended by Python's own way out once its signals are Python's
