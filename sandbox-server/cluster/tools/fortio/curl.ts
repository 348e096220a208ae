/** `fortio curl`: one call; the body on stdout, the headers on stderr. */
import { Connection, ResolveError } from './connection.ts'
import type { Options } from './flags.ts'
import type { Output } from './load.ts'
import type { Log } from './log.ts'
import { targetOf } from './target.ts'

/** Resolves with 1 unless the answer is a 200. */
export async function curl(options: Options, log: Log, output: Output): Promise<number> {
  const connection = new Connection(0, targetOf(options, log), log)
  try {
    await connection.resolve()
  } catch (error) {
    if (!(error instanceof ResolveError)) throw error
    log.line(
      'Error',
      { file: 'network.go', line: 509 },
      `Unable to lookup '${options.args[0]}' : ${error.message}`,
    )
    return 1
  }
  const { code, data, headerLength } = await connection.fetch()
  connection.close()
  const headers = data.subarray(0, headerLength).toString('latin1')
  if (options.bool('curl-stdout-headers')) output.stdout(headers)
  else output.stderr(headers)
  output.stdout(data.subarray(headerLength).toString())
  if (code === 200) return 0
  log.line('Error', { file: 'commonflags.go', line: 174 }, `Error status ${code}`)
  return 1
}
