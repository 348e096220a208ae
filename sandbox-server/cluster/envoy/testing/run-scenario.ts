/** Inside the namespaces: runs the scenario and prints its report. Ends by itself only if the scenario left nothing open. */
const [, , path = '', argument = 'null'] = process.argv
const scenario: { default(argument: unknown): Promise<unknown> } = await import(path)
process.stdout.write(JSON.stringify(await scenario.default(JSON.parse(argument))))
const tooLong = setTimeout(() => {
  process.stderr.write(`still open: ${process.getActiveResourcesInfo().join(', ')}\n`)
  process.exit(3)
}, 2000)
tooLong.unref()
