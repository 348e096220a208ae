/** What an author may use in a chapter's MDX without importing it. */
import Aside from './Aside.astro'
import Check from './Check.astro'
import Cli from './Cli.astro'
import Compare from './Compare.astro'
import Diagram from './Diagram.astro'
import File from './File.astro'
import Hint from './Hint.astro'
import Output from './Output.astro'
import Predict from './Predict.astro'
import Run from './Run.astro'
import Step from './Step.astro'
import Why from './Why.astro'

export const lessonComponents = {
  Aside,
  Check,
  Cli,
  Compare,
  Diagram,
  File,
  Hint,
  Output,
  Predict,
  Run,
  Step,
  Why,
}
