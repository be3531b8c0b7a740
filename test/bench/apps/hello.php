<?php
// What php-fpm serves in the benchmark: the same answer to /hello as scgi-handler.mjs.
header('Content-Type: text/plain');
header('Content-Length: 12');
echo "Hello world\n";
