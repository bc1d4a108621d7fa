# SPDX-License-Identifier: BSD-2-Clause
"""What a conformance image says on its console, judged."""
import re


def judge(output):
    """Returns (how many properties hold, how many are skipped, a list of what is wrong)."""
    # An image that resets the machine starts again, and is judged by its last start.
    starts = list(re.finditer(r"^1\.\.(\d+)$", output, re.M))
    if not starts:
        return 0, 0, ["no plan: it did not start"]
    planned = int(starts[-1][1])
    results = re.findall(r"^(ok|not ok) \d+ (\w+)( # SKIP.*)?$", output[starts[-1].start():], re.M)
    failed = [name for verdict, name, _ in results if verdict == "not ok"]
    skipped = sum(1 for verdict, _, skip in results if verdict == "ok" and skip)
    wrong = failed + re.findall(r"^Bail out! (.*)$", output, re.M)
    if planned == 0:
        wrong.append("it has no properties")
    if len(results) != planned:
        wrong.append(f"{len(results)} of {planned} properties have a result")
    return len(results) - len(failed) - skipped, skipped, wrong
