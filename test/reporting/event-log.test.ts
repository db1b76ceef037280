import { expect, test } from 'vitest'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { EventLog, isEventLog } from '../../src/reporting/events.ts'

function open(...secrets: string[]) {
  const lines: string[] = []
  const redactor = new Redactor()
  for (const secret of secrets) redactor.register(secret)
  const output = { write: (line: string) => lines.push(line), check() {} }
  const log = new EventLog(output, { redactor, now: () => Date.UTC(2026, 2, 4), command: 'plan', tool: '1.2.3' })
  return { log, lines }
}

test('the first line has the format and its version, and identifies such a file', () => {
  const { lines } = open()
  expect(lines).toEqual([
    '{"type":"version","format":"workos-migrate-events","version":1,"tool":"1.2.3","command":"plan","at":"2026-03-04T00:00:00.000Z"}\n',
  ])
  expect(isEventLog(lines[0] ?? '')).toBe(true)
  for (const other of ['', '{"type":"version"}', 'email\nada@example.com\n']) expect(isEventLog(other)).toBe(false)
})

test('secrets are masked everywhere, and other values stay the same', () => {
  const { log, lines } = open('sk_live_"quoted"', 'true', '1234')
  const message = 'refused: sk_live_"quoted" true'
  log.emit({ type: 'error', problem: { severity: 'error', code: 'x', message } })
  log.emit({ type: 'end', exitCode: 1, seconds: 1234 })
  expect(lines.map((line) => JSON.parse(line)).slice(1)).toMatchObject([
    { problem: { message: 'refused: [redacted] [redacted]' } },
    { exitCode: 1, seconds: 1234 },
  ])
})

test('control characters are escaped, and an event is one line', () => {
  const { log, lines } = open()
  log.emit({ type: 'phase_start', phase: 'a\n\x1b[2Jb\u202ec\u009b' })
  expect(lines[1]).toContain('"phase":"a\\n\\u001b[2Jb\\u202ec\\u009b"')
  expect(lines[1]?.indexOf('\n')).toBe((lines[1]?.length ?? 0) - 1)
})

test('a repeated warning is one event', () => {
  const { log, lines } = open()
  const problem = { severity: 'warning', code: 'written_null', message: 'two cells hold NULL' }
  log.emit({ type: 'warning', problem })
  log.emit({ type: 'warning', problem: { ...problem, file: 'migrate.config.yaml' } })
  log.emit({ type: 'warning', problem: { ...problem, message: 'three cells hold NULL' } })
  expect(lines).toHaveLength(3)
})
