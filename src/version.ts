import { readFileSync } from 'node:fs'

/**
 * The version in package.json, which is one folder above this file, both in the source and in the
 * build.
 */
export const toolVersion: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
