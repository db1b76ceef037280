import { readFileSync } from 'node:fs'

/**
 * The packages that a user gets: those that npm installs with this one, and those whose code the
 * build puts into it.
 */

/** Whose code is in the script of the HTML report. They are installed for development alone. */
export const BUNDLED: readonly string[] = ['uplot']

/** A package that is shipped. */
export interface ShippedPackage {
  name: string
  version: string
  /** An SPDX expression. Absent: the registry knew none. */
  license?: string
  bundled: boolean
}

/** What is read of package-lock.json. */
export interface Lock {
  packages: Record<string, { version?: string; license?: string; dev?: boolean; link?: boolean }>
}

/** Sorted by name and version; of every platform. */
export function shippedPackages({ packages }: Lock): ShippedPackage[] {
  const shipped = new Map<string, ShippedPackage>()
  for (const [path, { version = '', license, dev = false, link = false }] of Object.entries(packages)) {
    const name = path.split('node_modules/').at(-1) ?? ''
    const bundled = dev && BUNDLED.includes(name)
    if (path === '' || link || (dev && !bundled)) continue
    shipped.set(`${name}@${version}`, { name, version, ...(license !== undefined && { license }), bundled })
  }
  return [...shipped.values()].sort((one, other) => (key(one) < key(other) ? -1 : 1))
}

const key = ({ name, version }: ShippedPackage) => `${name}@${version}`

export function readLock(): Lock {
  return JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'))
}
