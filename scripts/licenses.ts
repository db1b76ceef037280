/**
 * npm run licenses: every shipped package with its license. Exits with 1 if a license is not
 * allowed (scripts/shipped/licenses.ts).
 */
import { checkLicenses } from './shipped/licenses.ts'
import { readLock, shippedPackages } from './shipped/packages.ts'

const packages = shippedPackages(readLock())
const { lines, refused } = checkLicenses(packages)
process.stdout.write(`${lines.join('\n')}\n`)
for (const { name, version, license } of refused)
  process.stderr.write(`${name}@${version}: ${license ?? 'no licence'} is not allowed\n`)
process.stdout.write(`${packages.length} packages, ${refused.length} refused\n`)
process.exitCode = refused.length === 0 ? 0 : 1
