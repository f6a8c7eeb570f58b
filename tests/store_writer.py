"""A process that writes until it is killed: `python -m tests.store_writer URL`. Prints the id of each record after its commit."""

from __future__ import annotations

import sys
import threading
from itertools import count

from tests.store_help import save

from neomag.service.store import Reply, RequestKey, Store

THREADS = 6


def main(url: str) -> None:
    store = Store.open(url)
    printing = threading.Lock()

    def write(thread: int) -> None:
        for number in count():
            if number % 3 == 2:
                found = store.save_feedback(client="ehr", service="s", card=f"c{number}", outcome="accepted").id
                kind = "feedback"
            else:
                key = RequestKey.of(f"ward {thread}", f"{sys.argv[2]}-{number}", "/assess", {"number": number})
                found = save(store, number, key=key, reply=lambda id_: Reply(200, id_)).id
                kind = "assessment"
            with printing:
                sys.stdout.write(f"{kind} {found}\n")
                sys.stdout.flush()

    threads = [threading.Thread(target=write, args=(thread,), daemon=True) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1])
