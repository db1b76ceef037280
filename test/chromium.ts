import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isObject } from '../src/json.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** The path of Chromium on this machine; undefined: not installed. */
export function findChromium(env = process.env): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter)
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
}

const ARGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--hide-scrollbars',
  '--remote-debugging-port=0',
]
/** Milliseconds. */
const STARTS_WITHIN = 40_000
const ENDS_WITHIN = 5_000

type Answer = Record<string, unknown>

/** A tab, controlled by https://chromedevtools.github.io/devtools-protocol. */
export interface Tab {
  /** Console messages, exceptions and violations of the page policy. */
  complaints: string[]
  /** Requested addresses. */
  requests: string[]
  send(method: string, params?: object): Promise<Answer>
  /** Opens a file and waits for its rows. */
  open(path: string, anchor?: string): Promise<void>
  /** The value of an expression, or of its promise. */
  value<T>(expression: string): Promise<T>
  until(expression: string): Promise<void>
  press(...keys: string[]): Promise<void>
  type(text: string): Promise<void>
  /** The visible page as PNG. */
  picture(): Promise<Buffer>
}

export interface Browser {
  tab(width?: number, height?: number): Promise<Tab>
  close(): Promise<void>
}

/**
 * Starts Chromium without a window. On a busy machine it sometimes never reports its address; then
 * another one is started.
 */
export async function openChromium(program: string): Promise<Browser> {
  for (let attempt = 1; ; attempt += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-chromium-'))
    const process = spawn(program, [...ARGS, `--user-data-dir=${folder}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      const signal = AbortSignal.timeout(STARTS_WITHIN)
      const socket = new WebSocket(await addressOf(process, signal))
      await once(socket, 'open', { signal })
      return browserOf(process, socket, folder)
    } catch (error) {
      await end(process, folder)
      if (attempt === 3) throw error
    }
  }
}

/** Waits for a process to end, and kills it if it does not. */
async function end(process: ChildProcess, folder: string): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) {
    const exited = once(process, 'exit')
    const kill = setTimeout(() => process.kill('SIGKILL'), ENDS_WITHIN)
    await exited
    clearTimeout(kill)
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

function browserOf(process: ChildProcess, socket: WebSocket, folder: string): Browser {
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>()
  const listeners = new Map<string, (method: string, params: Answer) => void>()
  let last = 0
  socket.addEventListener('message', ({ data }) => {
    const message: Answer = JSON.parse(String(data))
    if (typeof message.id !== 'number') {
      listeners.get(String(message.sessionId))?.(String(message.method), objectOf(message.params))
      return
    }
    const { resolve, reject } = waiting.get(message.id) ?? {}
    waiting.delete(message.id)
    if (message.error === undefined) resolve?.(objectOf(message.result))
    else reject?.(new Error(JSON.stringify(message.error)))
  })
  const send = (method: string, params: object = {}, sessionId?: string) => {
    last += 1
    const id = last
    return new Promise<Answer>((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      socket.send(JSON.stringify({ id, method, params, sessionId }))
    })
  }
  return {
    async tab(width = 1280, height = 900) {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
      const sessionId = String((await send('Target.attachToTarget', { targetId, flatten: true })).sessionId)
      const tab = tabOf((method, params) => send(method, params, sessionId))
      listeners.set(sessionId, tab.hear)
      for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await tab.send(`${domain}.enable`)
      await tab.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })
      return tab
    },
    async close() {
      // The browser can end before it responds.
      void send('Browser.close')
      await end(process, folder)
    },
  }
}

function tabOf(send: Tab['send']): Tab & { hear(method: string, params: Answer): void } {
  const complaints: string[] = []
  const requests: string[] = []
  const value = async <T>(expression: string): Promise<T> => {
    const answer = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails))
    return objectOf(answer.result).value as T
  }
  const until = async (expression: string) => {
    for (let tries = 0; tries < 400; tries += 1) {
      if (await value<boolean>(`Boolean(${expression})`)) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`did not come true: ${expression}`)
  }
  const key = (type: string, params: object) => send('Input.dispatchKeyEvent', { type, ...params })
  return {
    complaints,
    requests,
    send,
    value,
    until,
    hear(method, params) {
      if (method === 'Network.requestWillBeSent') requests.push(String(objectOf(params.request).url))
      if (['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'].includes(method)) {
        complaints.push(JSON.stringify(params).slice(0, 500))
      }
    },
    async open(path, anchor = '') {
      await send('Page.navigate', { url: pathToFileURL(path).href + anchor })
      await until("document.documentElement?.dataset.loaded === 'true'")
    },
    async press(...keys) {
      for (const name of keys) {
        const code = KEY_CODES[name] ?? name.toUpperCase().charCodeAt(0)
        const text = name === 'Enter' ? '\r' : name.length === 1 ? name : undefined
        await key('keyDown', { key: name, windowsVirtualKeyCode: code, text })
        await key('keyUp', { key: name, windowsVirtualKeyCode: code })
      }
    },
    async type(text) {
      await send('Input.insertText', { text })
    },
    async picture() {
      const { data } = await send('Page.captureScreenshot', { format: 'png' })
      return Buffer.from(String(data), 'base64')
    },
  }
}

const KEY_CODES: Record<string, number> = {
  Enter: 13,
  Escape: 27,
  Tab: 9,
  End: 35,
  Home: 36,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
  PageDown: 34,
  '/': 191,
}

/**
 * The address that the browser reports on standard error. The stream stays open, because the
 * browser keeps writing to it.
 */
function addressOf({ stderr }: ChildProcess, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = () => reject(new Error(`Chromium did not start: ${said.slice(0, 1000)}`))
    signal.addEventListener('abort', fail)
    stderr?.on('end', fail)
    stderr?.on('data', (piece) => {
      if (said.length < 10_000) said += String(piece)
      const address = /DevTools listening on (\S+)/.exec(said)?.[1]
      if (address !== undefined) resolve(address)
    })
  })
}

function objectOf(value: unknown): Answer {
  return isObject(value) ? value : {}
}
