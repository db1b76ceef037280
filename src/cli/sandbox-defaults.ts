/** Where `sandbox` listens, and its database, unless the command line says otherwise. */
export const DEFAULT_PORT = 4100
export const DEFAULT_DATA = '.workos-migrate/sandbox.sqlite'
