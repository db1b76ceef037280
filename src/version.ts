import { readFileSync } from 'node:fs'
import { packagePath } from './files/package.ts'

/** The version in package.json. */
export const toolVersion: string = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')).version
