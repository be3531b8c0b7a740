// Exit codes of the program, from sysexits(3).

/** Stopped as asked. */
export const EXIT_OK = 0;
/** A running server was asked for something, and has said that it failed. */
export const EXIT_REFUSED = 1;
/** The command line is wrong (EX_USAGE). */
export const EXIT_USAGE = 64;
/** The handler's file is missing (EX_NOINPUT). */
export const EXIT_NO_INPUT = 66;
/** An address cannot be bound or connected to (EX_UNAVAILABLE). */
export const EXIT_UNAVAILABLE = 69;
/** An error of this program's own (EX_SOFTWARE). */
export const EXIT_SOFTWARE = 70;
/** A running server does not answer in time (EX_TEMPFAIL). */
export const EXIT_TIMEOUT = 75;
/** The configuration is wrong, or the handler does not load (EX_CONFIG). */
export const EXIT_CONFIG = 78;
