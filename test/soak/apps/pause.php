<?php
// Takes 5 ms, and answers with what it was asked.
usleep(5000);
header('Content-Type: text/plain');
echo $_SERVER['QUERY_STRING'];
