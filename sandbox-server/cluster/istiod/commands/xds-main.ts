/** Runs `meshdojo xds` by itself: `node xds-main.ts -f FILE --proxy POD.NAMESPACE`. */
import { xds } from './xds.ts'

process.exitCode = await xds(process.argv.slice(2), {
  stdout: text => process.stdout.write(text),
  stderr: text => process.stderr.write(text),
})
