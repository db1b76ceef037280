import { createRequire } from 'node:module'

/**
 * JSONata itself. Not imported: to find out whether it is an ES module, which its package does not
 * say, Node.js would parse it twice in every thread.
 */
export const jsonata: typeof import('jsonata') = createRequire(import.meta.url)('jsonata')
