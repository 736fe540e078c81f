//! The hash alone: what no sign-in by password can do without.

use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail, ensure};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::people::{Member, Person};

/// The default of `hallpass serve`: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const BYTES: usize = 32;
const SALT: &[u8; 16] = b"a benchmark salt";

/// The function with its memory, which is used again for every hash.
struct Hash {
    function: Argon2<'static>,
    memory: Vec<Block>,
}

impl Hash {
    fn new() -> Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(BYTES));
        let params = params.map_err(|error| anyhow!("Argon2 refuses its cost: {error}"))?;
        Ok(Self {
            memory: vec![Block::default(); params.block_count()],
            function: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
        })
    }

    fn of(&mut self, password: &str) -> Result<[u8; BYTES]> {
        let mut out = [0; BYTES];
        let (function, memory) = (&self.function, &mut self.memory);
        function
            .hash_password_into_with_memory(password.as_bytes(), SALT, &mut out, memory)
            .map_err(|error| anyhow!("a password cannot be hashed: {error}"))?;
        Ok(out)
    }
}

/// Gives each person a password of its own.
pub(super) fn members(people: Vec<Person>) -> Result<Vec<Member>> {
    let mut hash = Hash::new()?;
    let member = |(number, person): (usize, Person)| {
        let password = format!("a-password-of-{number}-that-nobody-guesses");
        let text = text(hash.of(&password)?);
        Ok(Member {
            person,
            password,
            hash: text,
        })
    };
    people.into_iter().enumerate().map(member).collect()
}

/// As it stands in a table: the PHC string format.
fn text(hash: [u8; BYTES]) -> String {
    let (salt, hash) = (base64(SALT), base64(&hash));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes)
}

/// Hashes a second on all cores, with nothing else to do.
pub(super) fn rate(members: &[Member], duration: Duration) -> Result<f64> {
    let threads = available_parallelism()?.get();
    let started = Instant::now();
    let end = started + duration;
    let hashed: Result<usize> = thread::scope(|scope| {
        let one = || scope.spawn(|| hash_until(members, end));
        let threads: Vec<_> = (0..threads).map(|_| one()).collect();
        let counts = threads.into_iter().map(|thread| {
            let count = thread.join();
            count.map_err(|_| anyhow!("a thread has panicked"))?
        });
        counts.sum()
    });
    let hashed = u32::try_from(hashed?)?;
    Ok(f64::from(hashed) / started.elapsed().as_secs_f64())
}

/// How many it were; each is compared with what the member's row holds.
fn hash_until(members: &[Member], end: Instant) -> Result<usize> {
    let mut hash = Hash::new()?;
    for (count, member) in (1..).zip(members.iter().cycle()) {
        ensure!(
            text(hash.of(&member.password)?) == member.hash,
            "a wrong hash"
        );
        if Instant::now() >= end {
            return Ok(count);
        }
    }
    bail!("there is nobody to hash for")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::person;

    #[test]
    fn a_hash_is_counted_only_when_it_is_right() {
        let mut members = members(vec![person(0)]).unwrap();
        let moment = Duration::from_millis(1);
        assert!(rate(&members, moment).unwrap() > 0.0);
        members[0].hash.push('x');
        assert!(rate(&members, moment).is_err());
    }
}
