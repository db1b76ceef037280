import uPlot from 'uplot'
import type { BarChart, Chart, TimeChart } from '../report.ts'
import { el, figure, onColours } from './dom.ts'

const BAR = 26
const AXIS = 34
const TIME_HEIGHT = 240
const FONT = '12px system-ui, sans-serif'
const LABEL_WIDTH = 190
/** Seconds between the marks of a time axis. */
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400]

/** A chart with its legend, and a table of the same figures. */
export function chartOf(chart: Chart): HTMLElement {
  const height = chart.kind === 'bars' ? chart.labels.length * BAR + AXIS : TIME_HEIGHT
  const plot = el('div', {
    class: 'plot',
    is: { role: 'img', 'aria-label': `${chart.title}; the table below has the same figures` },
  })
  plot.style.height = `${height}px`
  const table = el('details', {}, el('summary', {}, 'As a table'), tableOf(chart))
  const figureElement = el('figure', { class: 'chart' }, el('figcaption', {}, chart.title), legendOf(chart), plot)
  if (chart.note) figureElement.append(el('p', { class: 'note' }, chart.note))
  figureElement.append(table)
  drawWhenSeen(plot, height, chart)
  return figureElement
}

function drawWhenSeen(plot: HTMLElement, height: number, chart: Chart): void {
  let drawn: uPlot | undefined
  const draw = () => {
    const width = plot.clientWidth
    if (width === 0) return
    drawn?.destroy()
    const colours = (name: string) => colourOf(plot, name)
    drawn =
      chart.kind === 'bars'
        ? drawBars(plot, width, height, chart, colours)
        : drawTime(plot, width, height, chart, colours)
  }
  let width = 0
  new ResizeObserver(() => {
    if (plot.clientWidth === width) return
    width = plot.clientWidth
    draw()
  }).observe(plot)
  onColours(draw)
}

type Colours = (name: string) => string

function colourOf(within: HTMLElement, name: string): string {
  const probe = el('span', { class: `probe ${name}` })
  within.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

function drawBars(plot: HTMLElement, width: number, height: number, chart: BarChart, colours: Colours): uPlot {
  const { labels, series } = chart
  const sums = series.map((_, until) =>
    labels.map((_label, n) => series.slice(0, until + 1).reduce((sum, { values }) => sum + (values[n] ?? 0), 0)),
  )
  const most = Math.max(1, ...(sums.at(-1) ?? []))
  const indices = labels.map((_, n) => n)
  const room = Math.min(LABEL_WIDTH, Math.floor(width * 0.4))
  // Paint the longest bar first, because the others of a stack cover it.
  const stacked = [...series.entries()].reverse()
  const line = colours('line')
  const axis = { stroke: colours('muted'), font: FONT, ticks: { show: false } }
  const bars = uPlot.paths.bars?.({ size: [0.66, 18], align: 0 })
  return new uPlot(
    {
      width,
      height,
      padding: [4, 24, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, ori: 1, dir: -1, range: () => [-0.5, labels.length - 0.5] },
        y: { ori: 0, range: () => [0, most] },
      },
      axes: [
        {
          ...axis,
          stroke: colours('text'),
          side: 3,
          size: room,
          grid: { show: false },
          splits: () => indices,
          values: () => labels.map((label) => fitting(label, room - 14)),
        },
        {
          ...axis,
          side: 2,
          size: AXIS - 6,
          grid: { stroke: line, width: 1 },
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap((n) => [n, n * 1e3, n * 1e6]).toSorted((a, b) => a - b),
          space: 70,
          values: (_u, splits) => splits.map(short),
        },
      ],
      series: [
        {},
        ...stacked.map(([, { label, tone }]) => ({
          label,
          fill: colours(tone),
          width: 0,
          ...(bars && { paths: bars }),
          points: { show: false },
        })),
      ],
    },
    [indices, ...stacked.map(([n]) => sums[n] ?? [])],
    plot,
  )
}

function drawTime(plot: HTMLElement, width: number, height: number, chart: TimeChart, colours: Colours): uPlot {
  const { series, limits } = chart
  const length = series[0]?.perSecond.length ?? 0
  const seconds = Array.from({ length: length + 1 }, (_, n) => n * chart.width)
  const axis = {
    stroke: colours('muted'),
    font: FONT,
    ticks: { show: false },
    grid: { stroke: colours('line'), width: 1 },
  }
  const stepped = uPlot.paths.stepped?.({ align: 1 })
  const held = (values: readonly number[]) => [...values, values.at(-1) ?? 0]
  return new uPlot(
    {
      width,
      height,
      padding: [10, 12, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false }, y: { range: (_u, _min, max) => [0, Math.max(1, max * 1.08)] } },
      axes: [
        {
          ...axis,
          incrs: SECONDS,
          size: AXIS - 4,
          values: (_u, splits) => splits.map((at) => (at < 120 ? `${at} s` : `${Math.round(at / 6) / 10} min`)),
        },
        { ...axis, size: 48, values: (_u, splits) => splits.map(short) },
      ],
      series: [
        {},
        ...series.map(({ label, colour: n }) => {
          const colour = colours(`series${n}`)
          return {
            label,
            stroke: colour,
            fill: faint(colour),
            width: 1.5,
            points: { show: false },
            ...(stepped && { paths: stepped }),
          }
        }),
        ...limits.map(({ label, colour: n }) => ({
          label,
          stroke: colours(`series${n}`),
          width: 1,
          dash: [5, 4],
          points: { show: false },
        })),
      ],
    },
    [
      seconds,
      ...series.map(({ perSecond }) => held(perSecond)),
      ...limits.map(({ perSecond }) => seconds.map(() => perSecond)),
    ],
    plot,
  )
}

/** `rgb(1, 2, 3)` as a transparent color. */
function faint(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.14)')
}

const ruler = document.createElement('canvas').getContext('2d')

/** A label cut to a width in pixels. */
function fitting(label: string, width: number): string {
  if (ruler === null) return label
  ruler.font = FONT
  if (ruler.measureText(label).width <= width) return label
  let length = label.length
  while (length > 1 && ruler.measureText(`${label.slice(0, length)}…`).width > width) length -= 1
  return `${label.slice(0, length)}…`
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`
  return value >= 1e4 ? `${value / 1e3}k` : figure(value)
}

function legendOf(chart: Chart): HTMLElement | undefined {
  const entries =
    chart.kind === 'bars'
      ? chart.series.map(({ label, tone }) => ({ label, name: tone }))
      : [
          ...chart.series.map(({ label, colour: n }) => ({ label, name: `series${n}` })),
          ...chart.limits.map(({ label, colour: n }) => ({ label, name: `series${n} dashed` })),
        ]
  if (entries.length < 2) return undefined
  return el(
    'ul',
    { class: 'legend' },
    ...entries.map(({ label, name }) => el('li', {}, el('span', { class: `swatch ${name}` }), label)),
  )
}

function tableOf(chart: Chart): HTMLElement {
  const isBars = chart.kind === 'bars'
  const heads = isBars
    ? ['', ...chart.series.map(({ label }) => label)]
    : ['seconds', ...chart.series.map(({ label }) => label)]
  const lines: (string | number)[][] = isBars
    ? chart.labels.map((label, n) => [label, ...chart.series.map(({ values }) => values[n] ?? 0)])
    : (chart.series[0]?.perSecond ?? []).map((_, n) => [
        `${figure(n * chart.width)}`,
        ...chart.series.map(({ counts }) => counts[n] ?? 0),
      ])
  const row = (cells: readonly (string | number)[]) =>
    el(
      'tr',
      {},
      ...cells.map((cell, n) =>
        n === 0 ? el('th', { is: { scope: 'row' } }, cell) : el('td', { class: 'number' }, String(cell)),
      ),
    )
  return el(
    'div',
    { class: 'scroll' },
    el(
      'table',
      {},
      el(
        'thead',
        {},
        el('tr', {}, ...heads.map((head, n) => el('th', { class: n > 0 ? 'number' : '', is: { scope: 'col' } }, head))),
      ),
      el('tbody', {}, ...lines.map(row)),
    ),
  )
}
