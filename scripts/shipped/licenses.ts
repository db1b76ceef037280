import type { ShippedPackage } from './packages.ts'

/** Licenses that require no more than a notice, by SPDX name (https://spdx.org/licenses/). */
export const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PSF-2.0',
])

/**
 * Whether allowed licenses satisfy an SPDX expression: one side of `OR`, both sides of `AND`.
 * Invalid expressions and licenses `WITH` an exception are not allowed: a person must check them.
 */
export function isAllowed(expression: string): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? []
  let at = 0
  const take = (token: string) => tokens[at] === token && ++at > 0
  const either = (): boolean => {
    let allowed = both()
    while (take('OR')) allowed = both() || allowed
    return allowed
  }
  const both = (): boolean => {
    let allowed = one()
    while (take('AND')) allowed = one() && allowed
    return allowed
  }
  const one = (): boolean => {
    if (!take('(')) return ALLOWED.has(tokens[at++] ?? '')
    const allowed = either()
    return take(')') && allowed
  }
  const allowed = either()
  return allowed && at === tokens.length
}

/** Lines to print, and the packages whose license is not allowed. */
export function checkLicenses(packages: readonly ShippedPackage[]): { lines: string[]; refused: ShippedPackage[] } {
  const refused = packages.filter(({ license }) => license === undefined || !isAllowed(license))
  const width = Math.max(0, ...packages.map(({ name, version }) => name.length + 1 + version.length))
  const lines = packages.map(({ name, version, license, bundled }) => {
    const said = `${`${name}@${version}`.padEnd(width)}  ${license ?? 'no licence named'}`
    return `${said}${bundled ? ', in the script of the HTML report' : ''}`
  })
  return { lines, refused }
}
