"""Runs tests by their names, as `python -m unittest` does, and says which of them took longest."""

import time
import unittest

SHOWN = 10


class Timed(unittest.TextTestResult):
    """A result that knows how long each test took."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.seconds = {}

    def startTest(self, test):
        super().startTest(test)
        self.seconds[test.id()] = -time.monotonic()

    def stopTest(self, test):
        self.seconds[test.id()] += time.monotonic()
        super().stopTest(test)

    def stopTestRun(self):
        super().stopTestRun()
        self.stream.writeln()
        for name, seconds in sorted(self.seconds.items(), key=lambda item: -item[1])[:SHOWN]:
            self.stream.writeln(f"{seconds:6.1f} s  {name}")


if __name__ == "__main__":
    unittest.main(module=None, testRunner=unittest.TextTestRunner(resultclass=Timed))
