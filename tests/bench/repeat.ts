/** The values of `runs` measurements, one after the other. */
export async function repeat(runs: number, run: () => Promise<number>): Promise<number[]> {
  const values: number[] = []
  for (let index = 0; index < runs; index++) values.push(await run())
  return values
}
