/**
 * npm run show:auth0
 *
 * Migrates an Auth0 tenant with 25,000 users into a sandbox, kills the program five times, and
 * compares every user, organization and membership with the tenant. Ends with 1 unless each exists
 * exactly once with the right values.
 */
// The script kills the built program.
import './build.ts'
import { showTenant } from '../test/e2e/tenant/show.ts'

const SIZE = {
  users: 25_000,
  organizations: 400,
  withoutOrganization: 3000,
  largest: 5000,
  secondAccounts: 200,
  withoutEmail: 50,
}

const print = (line: string) => process.stdout.write(`${line}\n`)
const shown = await showTenant({ size: SIZE, tell: print })
const { users, organizations, memberships, roles } = shown.truth.expected
const { survived, lost, duplicated } = shown.comparison
print(
  `\nin the tenant      ${SIZE.users} users, ${SIZE.withoutOrganization} without an organization; ${SIZE.organizations} organizations`,
)
print(
  `expected           ${users.size} users, ${organizations.size} organizations, ${memberships.size} memberships, ${roles.length} roles`,
)
print(
  `                   (${shown.truth.merged} second accounts are merged, ${shown.truth.withoutEmail.length} have no email address)`,
)
print(`correct            ${survived}`)
print(`lost               ${lost.length} ${lost.slice(0, 5).join(', ')}`)
print(`duplicated         ${duplicated.length} ${duplicated.slice(0, 5).join(', ')}`)
print(`wrong surnames     ${shown.wrongNames.length}`)
print(`killed             ${shown.signals.join(', ')}`)
print(
  `requests to Auth0  ${Object.entries(shown.asked)
    .map(([endpoint, count]) => `${count} × ${endpoint}`)
    .join('\n                   ')}`,
)
print(`                   ${shown.refused} × rate limited, ${shown.askedTwice} organizations requested twice`)
print(`requests later     ${shown.askedLater}`)
print(`applied            ${JSON.stringify(shown.applied)}`)
print(`planned again      ${JSON.stringify(shown.planned)}`)
print(`writes later       ${shown.writtenLater}`)
print(`took               ${shown.seconds.toFixed(1)} s`)
const all = users.size + organizations.size + memberships.size + roles.length
const sound =
  survived === all &&
  lost.length + duplicated.length + shown.wrongNames.length + shown.askedLater + shown.writtenLater === 0 &&
  shown.signals.every((signal) => signal === 'SIGKILL') &&
  shown.exits.plan === 0
print(sound ? '\nNothing is lost or duplicated.' : '\nFAILED: see above.')
process.exitCode = sound ? 0 : 1
