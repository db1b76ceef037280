import { readFileSync } from 'node:fs'

/**
 * The version in package.json, which stands one folder above this file in the source and in the
 * build alike.
 */
export const toolVersion: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
