import { describe, expect, test } from 'vitest'
import { member, peopleProject } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }

describe('domains of organizations', () => {
  const rows = [
    member('ada', 'acme', { domain: 'acme.example', state: 'verified' }),
    member('bea', 'acme', { domain: 'Bücher.example', state: 'pending' }),
    member('cleo', 'bolt', { domain: 'gmail.com' }),
  ]
  const domains = '{ "domain": domain, "state": state }'
  const map = { organization: { domains } }

  test('are added in the state that the manifest allows, once, and a second plan has no changes', async () => {
    const workos = await startWorkos()
    const organizations = { domainState: 'mapped', consumerDomains: 'drop' }
    const project = peopleProject(workos, rows, { map, organizations })
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stderr + applied.stdout).toBe(0)
    expect(applied.stdout).toContain('1 organization without the domain gmail.com of a public email provider')
    expect((await workos.snapshot()).organizations).toMatchObject([
      {
        name: 'ACME',
        domains: [
          { domain: 'acme.example', state: 'verified' },
          { domain: 'xn--bcher-kva.example', state: 'pending' },
        ],
      },
      { name: 'BOLT', domains: [] },
    ])
    workos.takeLog()
    expect(await project.run(['plan', '--detailed-exitcode', '--refresh'], { env })).toMatchObject({ exit: 0 })
    expect(await project.run(['verify', '--strict'], { env })).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('are pending by default, whatever the source has', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, rows.slice(0, 2), { map })
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.stdout).toContain('1 organization with domains that are verified in the source: created as pending')
    expect((await workos.snapshot()).organizations).toMatchObject([
      { domains: [{ state: 'pending' }, { state: 'pending' }] },
    ])
  })

  test('of an email provider, or claimed twice, stop the plan and name the organizations', async () => {
    const workos = await startWorkos()
    const shared = [...rows, member('dora', 'dune', { domain: 'ACME.example' })]
    const plan = await peopleProject(workos, shared, { map }).run(['plan', '--json'], { env })
    const rejects: { key: string; code: string; message: string }[] = JSON.parse(plan.stdout).rejects
    expect(rejects.filter(({ key }) => ['acme', 'bolt', 'dune'].includes(key))).toMatchObject([
      { key: 'acme', code: 'shared_domain', message: expect.stringContaining('organization:dune') },
      { key: 'bolt', code: 'consumer_domain', message: expect.stringContaining('gmail.com') },
      { key: 'dune', code: 'shared_domain', message: expect.stringContaining('organization:acme') },
    ])
    expect(plan.exit).toBe(5)
    expect(writes(workos.takeLog())).toEqual([])
  })
})
