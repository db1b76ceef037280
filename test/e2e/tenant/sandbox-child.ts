/** A WorkOS sandbox in a separate process, which kills its client on request. */
import { startSandbox } from '../../../src/sandbox/server.ts'

/** Kill this process as its n-th write, or its n-th read, arrives. */
export interface Aim {
  pid: number
  kind: 'write' | 'read'
  count: number
}

let aim: Aim | undefined
let seen = 0
const sandbox = await startSandbox({
  data: ':memory:',
  interceptor: {
    before({ request }) {
      if (aim === undefined || (request.method === 'GET') !== (aim.kind === 'read')) return false
      seen += 1
      if (seen < aim.count) return false
      process.kill(aim.pid, 'SIGKILL')
      aim = undefined
      return false
    },
  },
})
process.on('message', (message: { aim: Aim } | { ask: 'counts' }) => {
  if ('aim' in message) {
    aim = message.aim
    seen = 0
  } else process.send?.({ counts: sandbox.requests() })
})
process.on('disconnect', () => process.exit())
process.send?.({ url: sandbox.url })
