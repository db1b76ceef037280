import { expect, test } from 'vitest'
import { describeFailure } from '../../src/http/failures.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })

test.each<[string, unknown, string]>([
  ['a timeout of a signal', new DOMException('The operation timed out', 'TimeoutError'), 'no response in time'],
  ['a request that was given up', new DOMException('This operation was aborted', 'AbortError'), 'no response in time'],
  ['a cause', new TypeError('fetch failed', { cause: refused }), 'connect ECONNREFUSED 127.0.0.1:1'],
  ['several addresses that were tried', new AggregateError([refused, refused]), 'connect ECONNREFUSED 127.0.0.1:1'],
  [
    'a code beside its message',
    Object.assign(new Error('socket closed'), { code: 'UND_ERR_SOCKET' }),
    'socket closed (UND_ERR_SOCKET)',
  ],
  ['what is no error', 'gone', 'gone'],
])('%s is described in a few words', (_, failure, words) => {
  expect(describeFailure(failure)).toBe(words)
})
