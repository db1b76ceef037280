import { codeOf, SourceError } from '../diagnostics/errors.ts'

/**
 * Loads a package that is there only where its user has installed it: an optional peer. Whoever has
 * no such source need not have it.
 * @param name of the package, as npm knows it
 * @param user what needs it, for the message: `the source cognito`
 * @param load an `import()` of the package by its name as a literal, so that its types are known
 * @throws SourceError `package_missing`, which names the command that installs it
 */
export async function loadOptionalPackage<Module>(
  name: string,
  user: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    if (!isMissing(error, name)) throw error
    throw new SourceError(
      {
        code: 'package_missing',
        message: `${user} needs the package ${name}, which is not installed`,
        hint: `run npm install ${name} where workos-migrate is installed (with -g if it is installed globally), then run the command again`,
      },
      { cause: error },
    )
  }
}

/**
 * Whether it is the package itself that is missing: one that it needs in turn is another fault, and
 * has another cure.
 */
function isMissing(error: unknown, name: string): boolean {
  return codeOf(error) === 'ERR_MODULE_NOT_FOUND' && String(error).includes(`'${name}'`)
}
