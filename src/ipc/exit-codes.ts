// Exit codes of a worker that its master understands.

/** The handler could not be loaded or started. */
export const EXIT_BOOT_FAILED = 78;
/** An exception or rejection that nobody handled. */
export const EXIT_FATAL = 70;
