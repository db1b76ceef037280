/**
 * npm run licenses: every package that a user gets, with its licence. Ends with 1 if one of them is
 * not allowed (scripts/shipped/licenses.ts).
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
