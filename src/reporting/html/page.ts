import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface PageAssets {
  script: string
  style: string
}

let bundled: PageAssets | undefined

/**
 * Bundles the page. The build replaces this module with the result, so the package needs no
 * bundler.
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

/** The license of the bundled library. */
function licence(): string {
  const module = createRequire(import.meta.url).resolve('uplot')
  const terms = readFileSync(join(dirname(module), '../LICENSE'), 'utf8')
  return `/*! uPlot (https://github.com/leeoniya/uPlot)\n${terms.replaceAll('*/', '* /').trim()}\n*/`
}
