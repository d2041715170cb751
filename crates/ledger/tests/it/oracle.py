"""Loads ledgers with Beancount: texts as a JSON list on stdin, answers as a JSON list on stdout.

Each answer has the lines with errors and, per account and commodity, the lots that are left.
"""

import json
import sys

from beancount import loader
from beancount.core import data, inventory


def lots(entries):
    balances = {}
    for entry in data.filter_txns(entries):
        for posting in entry.postings:
            balance = balances.setdefault(posting.account, inventory.Inventory())
            balance.add_position(posting)
    answer = []
    for account, balance in balances.items():
        for position in balance:
            cost = position.cost
            answer.append(
                [
                    account,
                    str(position.units.number),
                    position.units.currency,
                    cost and str(cost.number),
                    cost and cost.currency,
                    cost and str(cost.date),
                    cost and cost.label,
                ]
            )
    return answer


def load(text):
    try:
        entries, errors, _ = loader.load_string(text)
    except Exception as crash:
        return {"crash": repr(crash), "errors": [], "lots": []}
    found = [[error.source.get("lineno", 0), error.message] for error in errors]
    return {"errors": found, "lots": lots(entries)}


json.dump([load(text) for text in json.load(sys.stdin)], sys.stdout)
