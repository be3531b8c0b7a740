// The same answer as the others, as a CGI program in JavaScript.

process.stdout.write('Content-Type: text/plain\r\nContent-Length: 12\r\n\r\nHello world\n');
