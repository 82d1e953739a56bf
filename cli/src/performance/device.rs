//! What is told of the sound device while it plays.

/// The device that plays, and what is wrong with it.
#[derive(Default)]
pub struct Device {
    trouble: Option<String>,
}

impl Device {
    /// What is worth telling, if that changed.
    pub fn changed(&mut self, trouble: Option<&str>, name: &str) -> Option<String> {
        if self.trouble.as_deref() == trouble {
            return None;
        }
        self.trouble = trouble.map(str::to_owned);
        Some(match trouble {
            Some(trouble) => format!("segue: {trouble}"),
            None => format!("segue: the sound goes on through `{name}`"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_told_once() {
        let mut device = Device::default();
        assert_eq!(device.changed(None, "DAC"), None);
        let lost = device.changed(Some("the DAC is gone"), "DAC");
        assert_eq!(lost.as_deref(), Some("segue: the DAC is gone"));
        assert_eq!(device.changed(Some("the DAC is gone"), "DAC"), None);
        let found = device.changed(None, "HDMI").unwrap();
        assert!(found.contains("goes on through `HDMI`"), "{found}");
        assert_eq!(device.changed(None, "HDMI"), None);
    }
}
