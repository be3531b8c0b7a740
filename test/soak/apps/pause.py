# Takes 5 ms, and answers with what it was asked.

import time


def application(environ, start_response):
    time.sleep(0.005)
    body = environ["QUERY_STRING"].encode("latin-1")
    start_response(
        "200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    )
    return [body]
