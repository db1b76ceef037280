import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FIREBASE } from '../kinds/passwords/firebase.ts'
import { createProject } from './cli.ts'
import { FAST, KEY, startWorkos } from './workos.ts'

const OTHER_KEY = Buffer.alloc(64, 'other signer key').toString('base64')

async function firebaseProject() {
  const workos = await startWorkos()
  const project = createProject()
  const { hash, salt } = FIREBASE
  project.csv('users.csv', [{ email: 'ada@example.com', digest: hash, salt }])
  const parameters = "$merge([$vars.firebase, { 'signerKey': $secrets.signer }])"
  const manifest = (vars: object) =>
    project.manifest({
      source: { type: 'csv', path: './users.csv' },
      vars: { firebase: { saltSeparator: FIREBASE.saltSeparator, rounds: 8, memoryCost: 14 }, ...vars },
      secrets: { signer: '${SIGNER}' },
      map: {
        user: { passwordHash: `$firebasePassword(digest, salt, ${parameters})`, passwordHashType: null },
        organization: {
          each: null,
          key: '$vars.organization',
          externalId: '$vars.organization',
          name: '$vars.organization',
        },
        membership: { each: null, organization: '$vars.organization' },
      },
      target: workos.target,
      run: { ...FAST, workers: 1 },
    })
  return { workos, project, manifest }
}

test('vars and a secret make organizations and hashes, and the plan detects a change of either', {
  timeout: 60_000,
}, async () => {
  const { workos, project, manifest } = await firebaseProject()
  const env = { KEY, SIGNER: FIREBASE.signerKey }
  manifest({ organization: 'acme' })
  const planned = await project.run(['plan', '--out', 'plan.ndjson'], { env })
  expect(planned.exit).toBe(0)
  expect(planned.stdout).toContain('+ organization:acme')
  expect(readFileSync(project.path('plan.ndjson'), 'utf8')).not.toMatch(/jxspr8|lSrfV15/)

  const withOther = await project.run(['apply', 'plan.ndjson'], { env: { KEY, SIGNER: OTHER_KEY } })
  expect(withOther.exit).toBe(8)
  manifest({ organization: 'other' })
  expect((await project.run(['apply', 'plan.ndjson'], { env })).exit).toBe(8)
  manifest({ organization: 'acme', unused: 1 })
  expect((await project.run(['apply', 'plan.ndjson'], { env })).exit).toBe(8)

  manifest({ organization: 'acme' })
  expect((await project.run(['apply', 'plan.ndjson'], { env })).exit).toBe(0)
  const created = workos.log.filter(({ method, path }) => method === 'POST' && path === '/user_management/users')
  expect(created).toHaveLength(1)
  expect((await project.run(['plan', '--detailed-exitcode'], { env })).exit).toBe(0)

  const missing = await project.run(['plan'], { env: { KEY } })
  expect(missing.exit).toBe(3)
  expect(missing.stderr).toMatch(/the environment variable SIGNER is not set/)
})
