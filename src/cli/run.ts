import { wantsColor } from '../diagnostics/color.ts'
import { ExitCode, OperatorError } from '../diagnostics/errors.ts'
import { renderProblems } from '../diagnostics/render.ts'
import type { Context } from './context.ts'
import { runProgram } from './program.ts'

/** Runs a command line and renders what an operator can do something about. Anything else is a defect, and is thrown. */
export async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  try {
    return await runProgram(args, context)
  } catch (error) {
    if (context.interrupted.aborted && !(error instanceof OperatorError)) {
      context.stderr.write('Interrupted.\n')
      return ExitCode.interrupted
    }
    if (!(error instanceof OperatorError)) throw error
    const color = wantsColor(context.stderr, context.env)
    context.stderr.write(renderProblems(error.problems, { color, cwd: context.cwd }))
    return error.exitCode
  }
}
