import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { createProject } from './cli.ts'
import { FAST, KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }

test.each([1, 300])(
  tried(
    'Tools for migrating to WorkOS',
    'TOTP file of the toolkit',
    'secrets for users in WorkOS, and for others (%i)',
  ),
  async (strangers) => {
    const workos = await startWorkos()
    const ada = await workos.call('POST', '/user_management/users', { email: 'ada@example.com', email_verified: true })
    const project = createProject()
    const others = Array.from(
      { length: strangers },
      (_, n) => `nobody-${n}@example.com,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,,`,
    )
    project.write(
      'totp.csv',
      [
        'email,totp_secret,totp_issuer,totp_user',
        'Ada@example.com,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP,Acme,ada',
        ...others,
      ].join('\n'),
    )
    project.manifest({
      version: 1,
      name: 'totp',
      source: { type: 'file', streams: { users: { path: './totp.csv' } } },
      map: {
        user: {
          key: '$email(email)',
          email: 'email',
          totpSecret: '{ "secret": totp_secret, "issuer": totp_issuer, "account": totp_user }',
        },
      },
      adopt: { mode: 'only' },
      target: workos.target,
      run: FAST,
      safety: { maxRejects: 2 * strangers },
    })
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
    expect(writes(workos.takeLog()).map(({ path }) => path)).toEqual([`/user_management/users/${ada.id}/auth_factors`])
    const plan = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
    const blocked = plan.actions.filter(
      ({ kind, type }: Record<string, string>) => kind === 'user' && type === 'blocked',
    )
    expect(blocked).toHaveLength(strangers)
    expect(blocked[0]).toMatchObject({ key: 'nobody-0@example.com', code: 'not_in_workos' })
  },
)

test(
  tried(
    'Tools for migrating to WorkOS',
    'organization and role files of the toolkit',
    'org_id next to org_external_id',
  ),
  async () => {
    const workos = await startWorkos()
    const { id } = await workos.call('POST', '/organizations', { name: 'Acme' })
    await workos.call('POST', '/organizations', { name: 'Old Acme', external_id: 'acme' })
    const project = createProject()
    project.write('users.csv', `email,org_id,org_external_id\nada@example.com,${id},acme\n`)
    project.manifest({
      version: 1,
      name: 'ids',
      source: { type: 'csv', path: './users.csv' },
      target: workos.target,
      run: FAST,
    })
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
    expect(applied.stdout).toContain('with a WorkOS ID and the external ID acme: only the WorkOS ID counts')
    expect((await workos.snapshot()).memberships).toEqual([['ada@example.com@@Acme', ['member']]])
  },
)
