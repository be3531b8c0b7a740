/* The same answer as the others, as a CGI program. */
#include <stdio.h>

int main(void) {
  fputs("Content-Type: text/plain\r\nContent-Length: 12\r\n\r\nHello world\n", stdout);
  return 0;
}
