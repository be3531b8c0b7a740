# What uWSGI and gunicorn serve in the benchmark: the same answers as scgi-handler.mjs.

HELLO = b"Hello world\n"
BODIES = {"/64k": b"x" * (64 * 1024), "/1m": b"x" * (1024 * 1024)}


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/upload":
        body = b"%d\n" % count(environ["wsgi.input"])
    else:
        body = BODIES.get(path, HELLO)
    start_response(
        "200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    )
    return [body]


def count(stream):
    size = 0
    while piece := stream.read(65536):
        size += len(piece)
    return size
