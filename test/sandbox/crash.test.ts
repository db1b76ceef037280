import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { built } from '../built.ts'
import { KEY, startSubject } from './harness.ts'

const SERVER = built('sandbox/server.ts')
const USERS = '/user_management/users'

test('after the process is killed, everything it answered is still there', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-crash-'))
  const data = path.join(folder, 'sandbox.sqlite')
  const script = `
    const { startSandbox } = await import(${JSON.stringify(SERVER)})
    console.log((await startSandbox({ data: ${JSON.stringify(data)} })).url)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  const url = String(line).trim()

  const answered: string[] = []
  const headers = { authorization: `Bearer ${KEY}` }
  const createUsers = async (worker: number) => {
    for (let n = 0; ; n++) {
      const email = `u${worker}-${n}@example.com`
      const response = await fetch(url + USERS, { method: 'POST', headers, body: JSON.stringify({ email }) })
      if (response.status === 201) answered.push(email)
      if (answered.length >= 200) child.kill('SIGKILL')
    }
  }
  await Promise.allSettled([0, 1, 2, 3].map(createUsers))

  const subject = await startSubject({ data })
  const missing: string[] = []
  for (const email of answered) {
    const { data: found } = await subject.ok('GET', `${USERS}?email=${email}`)
    if (found.length !== 1) missing.push(email)
  }
  expect(answered.length).toBeGreaterThanOrEqual(200)
  expect(missing).toEqual([])
  await subject.close()
  rmSync(folder, { recursive: true })
})

test('two sandboxes can use the same data at once', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-shared-'))
  const data = path.join(folder, 'sandbox.sqlite')
  const [one, two] = await Promise.all([startSubject({ data }), startSubject({ data })])
  const user = await one.ok('POST', USERS, { email: 'a@example.com' })
  expect(await two.ok('GET', `${USERS}/${user.id}`)).toEqual(user)
  expect((await two.call('POST', USERS, { email: 'a@example.com' })).status).toBe(400)
  await one.close()
  await two.close()
  rmSync(folder, { recursive: true })
})
