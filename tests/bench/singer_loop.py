#!/usr/bin/env python3
"""A floor for the benchmark: what a tap in Python does with each page, without the requests and without a framework.

    singer_loop.py STREAM MEMBER LIST

LIST names a file of pages, one a line. Parses each page, and writes the records at MEMBER as Singer RECORD messages to
standard output. Prints the number of records, and the CPU seconds of parsing and of the rest, to standard error. Taps
flush after each message and convert names and types; this does not.
"""

import datetime
import json
import sys
import time


def main(stream, member, names):
    count = 0
    parsing = serializing = 0.0
    write = sys.stdout.write
    for name in open(names, encoding="utf-8"):
        with open(name.rstrip("\n"), "rb") as file:
            text = file.read()
        began = time.process_time()
        page = json.loads(text)
        parsed = time.process_time()
        extracted = datetime.datetime.now(datetime.timezone.utc).isoformat()
        for record in page[member]:
            message = {"type": "RECORD", "stream": stream, "record": record, "time_extracted": extracted}
            write(json.dumps(message) + "\n")
            count += 1
        parsing += parsed - began
        serializing += time.process_time() - parsed
    print(count, parsing, serializing, file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
