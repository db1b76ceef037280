import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The script and the style of the page, each whole. */
export interface PageAssets {
  script: string
  style: string
}

let bundled: PageAssets | undefined

/**
 * Bundles the sources of the page. The build puts the result in the place of this module, so that a
 * package needs no bundler.
 */
export async function pageAssets(): Promise<PageAssets> {
  bundled ??= await bundle()
  return bundled
}

async function bundle(): Promise<PageAssets> {
  const { buildSync } = await import('esbuild')
  const source = (name: string) => fileURLToPath(new URL(`page/${name}`, import.meta.url))
  const { outputFiles } = buildSync({
    entryPoints: [source('main.ts'), source('style.css')],
    outdir: source('out'),
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome123', 'firefox128', 'safari17.5'],
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: licence() },
  })
  const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? ''
  return { script: text('.js').trim(), style: text('.css').trim() }
}

/** Of what is bundled with the page's own script. */
function licence(): string {
  const module = createRequire(import.meta.url).resolve('uplot')
  const terms = readFileSync(join(dirname(module), '../LICENSE'), 'utf8')
  return `/*! uPlot (https://github.com/leeoniya/uPlot)\n${terms.replaceAll('*/', '* /').trim()}\n*/`
}
