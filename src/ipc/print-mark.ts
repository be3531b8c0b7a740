// How a worker is told by what its master knows the marks on what it prints.

/** Variable of its environment, which nobody can read but its own user; the worker removes it at once. */
export const PRINT_MARK_VARIABLE = 'SCGI_SERVER_PRINT_MARK';
