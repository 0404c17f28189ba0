"""The live console: what a stack or a bag tells, as plain state, and the page in the browser that shows it.

| module | what it holds |
|---|---|
| `topics` | what is listened to |
| `feed` | messages, live or out of a bag, into state |
| `state`, `goal`, `inputs` | what is shown: touch and poses, the goal and its steps, rates and health |
| `chain`, `solids` | where links, taxels and the object are, fast enough for twenty pictures a second |
| `board`, `error_plot`, `tables`, `colours` | pictures of touch and error, and lists, as text for the page |
| `player` | a bag on a time line |
| `page` | the page itself, on viser |
"""
