/**
 * Records a command on a terminal of 80 columns as an animated SVG, which a page can show without a
 * script. `script` of util-linux provides a real pseudo-terminal, and @xterm/headless keeps its
 * screen.
 */
import { spawn } from 'node:child_process'
import xterm from '@xterm/headless'

/** The screen at one time, in milliseconds since the start. */
export interface Frame {
  at: number
  rows: Run[][]
}

/** Text of one color in a row. */
interface Run {
  text: string
  color: string
  bold: boolean
}

export interface Recording {
  columns: number
  frames: Frame[]
  status: number
}

/** Milliseconds. Closer frames are joined. */
const TOGETHER = 80
/** The longest pause, milliseconds. */
const PAUSE = 1_500
/** The duration of the last frame, milliseconds. */
const REST = 4_000

const BACKGROUND = '#16181d'
const FOREGROUND = '#d7dae0'
/** The eight terminal colors and their bright forms. */
const PALETTE = ['#5c6370', '#ef7a85', '#8fcf7f', '#e5c07b', '#6cb6ff', '#d19af0', '#5bc8c8', '#d7dae0']

/** Runs a shell command line on a terminal and records its screen. */
export async function record(
  line: string,
  { cwd, env, columns = 80, rows = 30, prompt = line }: RecordOptions,
): Promise<Recording> {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 })
  const frames: Frame[] = []
  const started = performance.now()
  const keep = (at: number) => {
    const frame = { at, rows: screen(terminal) }
    const last = frames.at(-1)
    if (last !== undefined && at - last.at < TOGETHER) frames[frames.length - 1] = { ...frame, at: last.at }
    else frames.push(frame)
  }
  const put = (text: string | Uint8Array) => new Promise<void>((resolve) => terminal.write(text, resolve))
  await put(`\x1b[1m$ ${prompt}\x1b[0m\r\n`)
  keep(0)
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows ${rows}; ${line}`, '/dev/null'], {
    cwd,
    env: { ...process.env, ...env, TERM: 'xterm-256color', COLUMNS: String(columns) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const piece of child.stdout) {
    await put(piece)
    keep(performance.now() - started)
  }
  const status =
    child.exitCode ?? (await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1))))
  terminal.dispose()
  return { columns, frames, status }
}

export interface RecordOptions {
  cwd: string
  env?: Record<string, string>
  columns?: number
  rows?: number
  /** The command line that the recording shows. */
  prompt?: string
}

/** The rows of the screen without empty ones at the end. */
function screen({ buffer, cols, rows }: InstanceType<typeof xterm.Terminal>): Run[][] {
  const shown: Run[][] = []
  for (let y = 0; y < rows; y += 1) {
    const line = buffer.active.getLine(buffer.active.viewportY + y)
    const runs: Run[] = []
    for (let x = 0; x < cols; x += 1) {
      const cell = line?.getCell(x)
      if (cell === undefined || cell.getWidth() === 0) continue
      const code = cell.isFgPalette() ? cell.getFgColor() % 8 : undefined
      const color = cell.isDim() ? '#8b92a0' : code === undefined ? FOREGROUND : (PALETTE[code] ?? FOREGROUND)
      const bold = cell.isBold() !== 0
      const text = cell.getChars() || ' '
      const last = runs.at(-1)
      if (last !== undefined && last.color === color && last.bold === bold) last.text += text
      else runs.push({ text, color, bold })
    }
    const last = runs.at(-1)
    if (last !== undefined) last.text = last.text.trimEnd()
    shown.push(runs)
  }
  while (shown.length > 0 && shown.at(-1)?.every(({ text }) => text.trim() === '')) shown.pop()
  return shown
}

const CELL = 8.4
const LINE = 18
const MARGIN = 14

/** The recording as an SVG with shortened pauses. */
export function animated({ columns, frames }: Recording): string {
  const times: number[] = []
  let clock = 0
  for (const [index, frame] of frames.entries()) {
    times.push(clock)
    const next = frames[index + 1]
    clock += next === undefined ? REST : Math.min(next.at - frame.at, PAUSE)
  }
  const seconds = clock / 1000
  const percent = (time: number) => `${((time / clock) * 100).toFixed(3)}%`
  const width = Math.ceil(columns * CELL + 2 * MARGIN)
  const height = Math.max(...frames.map(({ rows }) => rows.length)) * LINE + 2 * MARGIN
  const styles = frames.map((_, index) => {
    const from = percent(times[index] ?? 0)
    const to = times[index + 1] === undefined ? '100%' : percent(times[index + 1] ?? clock)
    const before = index === 0 ? '' : `0%{visibility:hidden}`
    const after = to === '100%' ? '' : `${to}{visibility:hidden}`
    return `@keyframes f${index}{${before}${from}{visibility:visible}${after}}.f${index}{animation:f${index} ${seconds.toFixed(2)}s steps(1) infinite}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}g{visibility:hidden}${styles.join('')}`,
    // With reduced motion, show only the end.
    `@media (prefers-reduced-motion:reduce){g{animation:none!important}.f${frames.length - 1}{visibility:visible}}</style>`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    ...frames.map(({ rows }, index) => `<g class="f${index}">${rows.map(textRow).join('')}</g>`),
    '</svg>\n',
  ].join('')
}

function textRow(runs: readonly Run[], row: number): string {
  let column = 0
  const spans = runs.map(({ text, color, bold }) => {
    const x = MARGIN + column * CELL
    column += [...text].length
    if (text.trim() === '') return ''
    const length = ([...text].length * CELL).toFixed(1)
    return `<tspan x="${x.toFixed(1)}" textLength="${length}" fill="${color}"${bold ? ' font-weight="bold"' : ''}>${escaped(text)}</tspan>`
  })
  const content = spans.join('')
  return content === '' ? '' : `<text y="${MARGIN + (row + 0.75) * LINE}">${content}</text>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
