use crate::error::{Error, ErrorKind};

/// The bytes of rows that came so far, and how many may come.
#[derive(Debug)]
pub(super) struct Received {
    bytes: u64,
    most: Option<u64>,
}

impl Received {
    pub(super) fn of(most: Option<u64>) -> Self {
        Self { bytes: 0, most }
    }

    /// Takes note of a row, before anything is made of it.
    pub(super) fn add(&mut self, bytes: usize) -> Result<(), Error> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(bytes);
        match self.most {
            Some(most) if self.bytes > most => Err(Error::new(
                ErrorKind::TooLarge,
                format!("stopped after {most} bytes"),
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_itself_is_admitted() {
        let mut received = Received::of(Some(10));
        assert!(received.add(4).is_ok());
        assert!(received.add(6).is_ok());
        assert_eq!(received.bytes(), 10);
        let error = received.add(1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(Received::of(None).add(usize::MAX).is_ok());
    }
}
