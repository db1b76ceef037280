import { expect, test } from 'vitest'
import type { NotDone } from '../../src/applying/apply-result.ts'
import { attempt, type Write } from '../../src/applying/attempt.ts'
import { CredentialsError } from '../../src/diagnostics/errors.ts'
import type { Fallback } from '../../src/kinds/kind.ts'
import type { WriteRequest } from '../../src/workos/api.ts'
import { lost, refusal, type Scripted, type Step, scripted } from './scripted.ts'

const SMALLER: Fallback = { attributes: {}, code: 'smaller', message: 'goes without something' }

function post(path: string): WriteRequest {
  return { method: 'POST', path }
}

/** A write of `/a`, or of `/smaller`, whose result is text. */
function writeOf(rig: Scripted, more: Partial<Write<string>> = {}): Write<string> {
  return {
    intent: { kind: 'thing', key: 'one', action: 'create', attributes: {}, digests: {}, refs: {} },
    subject: 'thing:one',
    requests: (reduced) => [post(reduced ? '/smaller' : '/a')],
    done: async (reduced) => {
      rig.log.push('done')
      return reduced ? 'done smaller' : 'done'
    },
    lookUp: async (sent) => {
      rig.log.push(`look up, ${sent ? 'may be ours' : 'not ours'}`)
      return undefined
    },
    refused: async ({ status }) => ({ type: 'failed', code: `http_${status}`, message: 'refused' }),
    ...more,
  }
}

function run(steps: readonly Step[], more: Partial<Write<string>> = {}, context: Parameters<typeof scripted>[1] = {}) {
  const rig = scripted(steps, context)
  return { rig, outcome: attempt<string>(rig.context, writeOf(rig, more)) }
}

const FAILED = (code: string) => expect.objectContaining<Partial<NotDone>>({ type: 'failed', code })

test('the request leaves only after the intent is on disk', async () => {
  const rig = scripted([['POST /a', {}]])
  const disk = Promise.withResolvers<void>()
  rig.context.journal.intend = () => disk.promise
  const outcome = attempt(rig.context, writeOf(rig))
  await new Promise(setImmediate)
  expect(rig.log).toEqual([])
  disk.resolve()
  expect(await outcome).toBe('done')
  expect(rig.log).toEqual(['POST /a', 'done'])
})

test('several requests follow one another under one intent', async () => {
  const requests = () => [post('/a'), post('/b')]
  const { rig, outcome } = run(
    [
      ['POST /a', {}],
      ['POST /b', {}],
    ],
    { requests },
  )
  expect(await outcome).toBe('done')
  expect(rig.log).toEqual(['intend create thing:one', 'POST /a', 'POST /b', 'done'])
})

test('without requests there is no intent', async () => {
  const { rig, outcome } = run([], { requests: () => [] })
  expect(await outcome).toBe('done')
  expect(rig.log).toEqual(['done'])
})

test('a response about something else ends the attempt, and the intent stays open', async () => {
  const { rig, outcome } = run([['POST /a', {}]], {
    answered: async () => ({ type: 'failed', code: 'answer_of_another', message: '' }),
  })
  expect(await outcome).toEqual(FAILED('answer_of_another'))
  expect([...rig.intents.keys()]).toEqual(['thing:one'])
})

test('an open write that is found is not sent again', async () => {
  const { rig, outcome } = run([['POST /a', lost()]], { lookUp: async () => 'found' })
  expect(await outcome).toBe('found')
  expect(rig.writes).toHaveLength(1)
  expect(rig.waits).toEqual([])
})

test('an open write that is not found is sent again after a lookup and a pause, with the same key', async () => {
  const { rig, outcome } = run([
    ['POST /a', lost()],
    ['POST /a', {}],
  ])
  expect(await outcome).toBe('done')
  expect(rig.log).toEqual(['intend create thing:one', 'POST /a', 'look up, may be ours', 'POST /a', 'done'])
  expect(rig.writes[0]?.key).toBe(rig.writes[1]?.key)
  expect(rig.waits).toHaveLength(1)
})

test('a retry begins with the open request', async () => {
  const requests = () => [post('/a'), post('/b')]
  const { rig, outcome } = run(
    [
      ['POST /a', {}],
      ['POST /b', lost()],
      ['POST /b', {}],
    ],
    { requests },
  )
  expect(await outcome).toBe('done')
  expect(rig.log.filter((line) => line === 'POST /a')).toHaveLength(1)
})

test('after five attempts the intent stays open; the pauses grow', async () => {
  const { rig, outcome } = run(Array.from({ length: 5 }, () => ['POST /a', lost()] as const))
  expect(await outcome).toEqual(FAILED('outcome_unknown'))
  expect(rig.left).toEqual([])
  expect([...rig.intents.keys()]).toEqual(['thing:one'])
  for (const [turn, ms] of rig.waits.entries()) {
    expect(ms).toBeGreaterThanOrEqual(125 * 2 ** turn)
    expect(ms).toBeLessThanOrEqual(250 * 2 ** turn)
  }
  expect(rig.waits).toHaveLength(4)
})

test('a smaller form is sent once; a second rejection is final', async () => {
  const fallback: Write<string>['fallback'] = (error) => (error === undefined ? undefined : SMALLER)
  const taken = run(
    [
      ['POST /a', refusal(422, 'too_much')],
      ['POST /smaller', {}],
    ],
    { fallback },
  )
  expect(await taken.outcome).toBe('done smaller')
  const not = run(
    [
      ['POST /a', refusal(422, 'too_much')],
      ['POST /smaller', refusal(400)],
    ],
    { fallback },
  )
  expect(await not.outcome).toEqual(FAILED('http_400'))
})

test('a known smaller form is sent at once', async () => {
  const { rig, outcome } = run([['POST /smaller', {}]], { fallback: () => SMALLER })
  expect(await outcome).toBe('done smaller')
  expect(rig.left).toEqual([])
})

test('a rejection because it exists leads to a lookup; if nothing is found, the write fails and the intent is cleared', async () => {
  const exists = () => true
  const there = run([['POST /a', refusal(409, 'exists')]], { exists, lookUp: async () => 'found' })
  expect(await there.outcome).toBe('found')
  const not = run([['POST /a', refusal(409, 'exists')]], { exists })
  expect(await not.outcome).toEqual(FAILED('exists'))
  expect(not.rig.log).toEqual(['intend create thing:one', 'POST /a', 'look up, not ours', 'cleared thing:one'])
})

test('a resource that exists after a lost response can be ours', async () => {
  const { rig, outcome } = run(
    [
      ['POST /a', lost()],
      ['POST /a', refusal(409, 'exists')],
    ],
    { exists: () => true },
  )
  expect(await outcome).toEqual(FAILED('exists'))
  expect(rig.log.filter((line) => line.startsWith('look'))).toEqual(['look up, may be ours', 'look up, may be ours'])
})

test('an attempt interrupted before it left withdraws its intent', async () => {
  const interrupt = new AbortController()
  const reason = new Error('interrupted')
  interrupt.abort(reason)
  const { rig, outcome } = run([['POST /a', reason]], {}, { interrupted: interrupt.signal })
  await expect(outcome).rejects.toBe(reason)
  expect(rig.log).toEqual(['intend create thing:one', 'POST /a', 'cleared thing:one'])
})

test('an interruption after an open attempt keeps the intent, because that attempt might have succeeded', async () => {
  const interrupt = new AbortController()
  const reason = new Error('interrupted')
  const { rig, outcome } = run(
    [['POST /a', lost()]],
    {
      lookUp: async () => {
        interrupt.abort(reason)
        return undefined
      },
    },
    { interrupted: interrupt.signal },
  )
  await expect(outcome).rejects.toBe(reason)
  expect([...rig.intents.keys()]).toEqual(['thing:one'])
})

test('a retry interrupted before it left keeps the intent of the attempt before it', async () => {
  const interrupt = new AbortController()
  const reason = new Error('interrupted')
  const { rig, outcome } = run(
    [
      ['POST /a', refusal(422, 'too_much')],
      ['POST /smaller', reason],
    ],
    {
      fallback: (error) => {
        if (error !== undefined) interrupt.abort(reason)
        return error && SMALLER
      },
    },
    { interrupted: interrupt.signal },
  )
  await expect(outcome).rejects.toBe(reason)
  expect([...rig.intents.keys()]).toEqual(['thing:one'])
})

test('an error that ends the run keeps the intent', async () => {
  const revoked = new CredentialsError({ code: 'key_refused', message: 'the key was revoked' })
  const { rig, outcome } = run([['POST /a', revoked]])
  await expect(outcome).rejects.toBe(revoked)
  expect([...rig.intents.keys()]).toEqual(['thing:one'])
})
