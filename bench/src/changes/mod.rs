//! What the change log costs whoever writes, and how far behind another database is that is told of users.
//!
//! Writes are measured in process, over one connection, with and without the triggers. Another database is told by the release binary,
//! as a user would have it: `hallpass serve` with one target on the same PostgreSQL, so that all of it shares the machine.

mod cascades;
mod sync;
mod writes;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use crate::options::Options;
use crate::statistics::machine;

/// Measures all of it; gives the report.
pub(crate) async fn measure(options: &Options, folder: &Path) -> Result<String> {
    let writes = writes::measure(options, folder).await?;
    let cascades = cascades::measure(options, folder).await?;
    let sync = sync::measure(options, folder).await?;
    let mut text = format!(
        "# The change log\n\n{}, shared with the databases; {} rounds, medians.\n\n\
         An update of one row by its key, each a transaction, over one connection:\n\n\
         | database | not tracked | tracked | ratio |\n|---|--:|--:|--:|\n",
        machine(),
        options.rounds
    );
    for one in &writes {
        writeln!(text, "{one}")?;
    }
    write!(
        text,
        "\nA row that takes ten others along by a foreign key, of which those are tracked; each a transaction:\n\n\
         | database | not tracked | tracked | ratio |\n|---|--:|--:|--:|\n"
    )?;
    for one in &cascades {
        writeln!(text, "{one}")?;
    }
    write!(text, "\n{sync}")?;
    Ok(text)
}
