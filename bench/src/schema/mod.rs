//! How long reading and checking a schema of 500 models takes, in process.
//!
//! The models are those of a product: each belongs to a user and a team, mixes in what most have, has relations, indexes,
//! rules and validation. A schema is timed only when it has become what it should.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use hallpass_zmodel::{Source, load};

use crate::options::Options;
use crate::statistics::{machine, median};

/// How many models are read.
const MODELS: usize = 500;

/// How often they are read in a round.
const RUNS: usize = 20;

/// Reads the schema in every round; gives the report.
pub(crate) fn measure(options: &Options) -> Result<String> {
    let text = text()?;
    let mut times = Vec::new();
    for round in 1..=options.rounds {
        for _ in 0..RUNS {
            times.push(read(&text)?);
        }
        let middle = median(times.iter()).copied().unwrap_or_default();
        eprintln!("round {round}, {MODELS} models: {middle:.2?}");
    }
    report(options, &text, &times)
}

/// One run; how long it took, once the schema was found right.
fn read(text: &str) -> Result<Duration> {
    let source = Source {
        name: "schema.zmodel",
        text,
    };
    let started = Instant::now();
    let schema = load(&[source]);
    let time = started.elapsed();
    let schema = schema.map_err(|mistakes| anyhow!("{mistakes}"))?;
    let policies = schema.models.iter().map(|model| model.policies.len());
    let (models, policies) = (schema.models.len(), policies.sum::<usize>());
    ensure!(
        (models, policies) == (MODELS + 3, MODELS * 4),
        "the schema has {models} models and {policies} rules"
    );
    let last = schema.model(&format!("Item{}", MODELS - 1));
    let last = last.context("the last model is missing")?;
    let parent = last.field("parent").and_then(|field| field.relation());
    ensure!(
        parent.is_some_and(|relation| relation.fields == ["parentId"]),
        "the last model has lost its relation"
    );
    Ok(time)
}

fn text() -> Result<String> {
    let mut text = String::from(
        "datasource db { provider = \"postgresql\" url = env(\"DATABASE_URL\") }
enum Status { DRAFT ACTIVE ARCHIVED }
type Timed {
  createdAt DateTime @default(now())
  updatedAt DateTime @updatedAt
}
",
    );
    let (mut of_user, mut of_team) = (String::new(), String::new());
    for number in 0..MODELS {
        // Each belongs to the one before; the first to itself.
        let parent = number.saturating_sub(1);
        let children = if number + 1 < MODELS { number + 1 } else { 0 };
        let relation = |number: usize| format!("\"parent{number}\"");
        let own = relation(number);
        let opposite = match number {
            0 => format!(
                "  roots    Item0[] @relation({own})\n  children Item1[] @relation({})\n",
                relation(1)
            ),
            _ if children == 0 => String::new(),
            _ => format!(
                "  children Item{children}[] @relation({})\n",
                relation(children)
            ),
        };
        writeln!(
            text,
            "/// What the product keeps of kind {number}.
model Item{number} with Timed {{
  id       String   @id @default(cuid())
  name     String   @length(1, 100) @trim
  slug     String   @unique @regex('^[a-z0-9-]+$')
  status   Status   @default(DRAFT)
  price    Decimal? @gte(0)
  tags     String[]
  data     Json?
  public   Boolean  @default(false)
  ownerId  String
  owner    User     @relation(fields: [ownerId], references: [id], onDelete: Cascade)
  teamId   String
  team     Team     @relation(fields: [teamId], references: [id])
  parentId String?
  parent   Item{parent}? @relation({own}, fields: [parentId], references: [id])
{opposite}
  @@index([ownerId, createdAt])
  @@index([teamId, status])
  @@map(\"items_{number}\")
  @@allow('all', auth() == owner)
  @@allow('read', public && status == ACTIVE)
  @@allow('read,update', team.members?[user == auth() && role in ['ADMIN', 'EDITOR']])
  @@deny('delete', status == ARCHIVED || parent != null)
  @@validate(name != slug, 'the name is not the slug')
}}"
        )?;
        writeln!(of_user, "  items{number} Item{number}[]")?;
        writeln!(of_team, "  items{number} Item{number}[]")?;
    }
    write!(
        text,
        "model User {{
  id    String @id @default(cuid())
  email String @unique @email
  teams Membership[]
{of_user}}}
model Team {{
  id      String @id @default(cuid())
  members Membership[]
{of_team}}}
model Membership {{
  userId String
  teamId String
  role   String
  user   User @relation(fields: [userId], references: [id])
  team   Team @relation(fields: [teamId], references: [id])
  @@id([userId, teamId])
}}
"
    )?;
    Ok(text)
}

fn report(options: &Options, text: &str, times: &[Duration]) -> Result<String> {
    let middle = median(times.iter()).copied().unwrap_or_default();
    let slowest = times.iter().max().copied().unwrap_or_default();
    let mut report = format!(
        "# The schema\n\nReading and checking {MODELS} models with their relations, indexes, access rules and validation, \
         {} kB of text, {} times. {}.\n\n",
        text.len() / 1000,
        options.rounds * RUNS,
        machine()
    );
    writeln!(
        report,
        "| median | slowest |\n|--:|--:|\n| {middle:.2?} | {slowest:.2?} |"
    )?;
    Ok(report)
}
