//! The words that status and kind columns may hold, each written once.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

macro_rules! word_enum {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum,
            Serialize, Deserialize,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $(
                #[sea_orm(string_value = $word)]
                #[serde(rename = $word)]
                $variant,
            )+
        }

        impl $name {
            /// Every word of the enumeration, in its order.
            pub const WORDS: &[&str] = &[$($word),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { word: text.to_owned(), known: Self::WORDS }),
                }
            }
        }
    )+};
}

/// A word that an enumeration does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of {}", known.join(", "))]
pub struct UnknownWord {
    pub word: String,
    pub known: &'static [&'static str],
}

word_enum! {
    UserRole { Viewer = "viewer", User = "user", Manager = "manager", Admin = "admin" }

    /// How sales choose the lots they close. `specific` names the lots; an imported ledger does.
    LotMethod {
        Fifo = "fifo", Lifo = "lifo", Hifo = "hifo", Average = "average", Specific = "specific",
    }

    SecurityKind {
        Equity = "equity", Etf = "etf", Fund = "fund", Bond = "bond", Cash = "cash",
        Crypto = "crypto", Option = "option", Index = "index", Other = "other",
    }

    TransactionKind {
        Buy = "buy", Sell = "sell", Dividend = "dividend", Interest = "interest", Fee = "fee",
        Tax = "tax", Deposit = "deposit", Withdrawal = "withdrawal", Split = "split",
        SpinOff = "spin_off", ReturnOfCapital = "return_of_capital", TransferIn = "transfer_in",
        TransferOut = "transfer_out", Merger = "merger",
    }

    TransactionSource { Manual = "manual", Import = "import", Ledger = "ledger" }

    CashFlowKind {
        Deposit = "deposit", Withdrawal = "withdrawal", Dividend = "dividend",
        Interest = "interest", Fee = "fee", Tax = "tax", Transfer = "transfer",
    }

    ImportStatus { Committed = "committed", Failed = "failed" }

    /// A pack is `warming` while it is filled; then it is frozen, as `fresh` or as `error`.
    PackStatus { Warming = "warming", Fresh = "fresh", Error = "error" }

    /// A step of the nightly sequence that makes a pack.
    BuildStep {
        Build = "build", Reconcile = "reconcile", Metrics = "metrics", Prewarm = "prewarm",
        Fresh = "fresh", Alerts = "alerts",
    }

    /// What became of a step; `running` also of one whose program was killed.
    StepOutcome { Running = "running", Done = "done", Failed = "failed", Skipped = "skipped" }

    PriceAdjustment { Raw = "raw", Split = "split", TotalReturn = "total_return" }

    /// Who acts: a person in a session, a program with a person's token, a sender of signed messages,
    /// whoever commands on the machine, the program itself, or nobody who is known.
    ActorKind {
        User = "user", Token = "token", Producer = "producer", Operator = "operator",
        System = "system", Anonymous = "anonymous",
    }

    /// What a share lets another user do with a portfolio; `trade` includes `read`.
    SharePermission { Read = "read", Trade = "trade" }

    AuditOutcome { Done = "done", Refused = "refused" }
    ThreadState { Idle = "idle", Busy = "busy", Interrupted = "interrupted", Error = "error" }

    /// Who speaks: a person, the assistant, the program itself, or another program.
    MessageRole { User = "user", Assistant = "assistant", System = "system", Tool = "tool" }

    /// What a worker is to do; `deliver` is the service's own work, sending webhooks.
    JobMode {
        Classify = "classify", Plan = "plan", Execute = "execute", Answer = "answer",
        Deliver = "deliver",
    }

    JobStatus {
        Queued = "queued", Running = "running", AwaitingApproval = "awaiting_approval",
        Done = "done", Failed = "failed", Canceled = "canceled",
    }

    /// What happens to a job; each leaves a row in its history.
    JobEventKind {
        Enqueued = "enqueued", Claimed = "claimed", Completed = "completed", Retried = "retried",
        Failed = "failed", LeaseExpired = "lease_expired", Exhausted = "exhausted",
        CancelRequested = "cancel_requested", Canceled = "canceled", Parked = "parked",
        Resumed = "resumed", Refused = "refused", Redriven = "redriven",
    }

    /// What a line of a thread's stream is about.
    StreamEventKind {
        Message = "message", Job = "job", Approval = "approval", Artifact = "artifact",
    }

    /// Where a proposed action stands; `consumed` is an approved one that a job has begun to do.
    ApprovalStatus {
        Pending = "pending", Approved = "approved", Rejected = "rejected",
        Superseded = "superseded", Expired = "expired", Canceled = "canceled",
        Consumed = "consumed",
    }

    /// What becomes of a job whose action is not approved: it fails, or goes on without.
    OnRefusal { Fail = "fail", Resume = "resume" }

    VoteKind { Approve = "approve", Reject = "reject" }

    ArtifactKind {
        VoiceTranscript = "voice_transcript", ImageJson = "image_json", OcrText = "ocr_text",
        FileMeta = "file_meta", ToolResult = "tool_result", Signal = "signal",
    }

    /// Whether a call of a model was the program's own idea, or the answer to somebody.
    TokenScope { Proactive = "proactive", Reactive = "reactive" }

    /// What a model was asked to do, in OpenTelemetry's words (`gen_ai.operation.name`).
    TokenOperation {
        Chat = "chat", GenerateContent = "generate_content", TextCompletion = "text_completion",
        Embeddings = "embeddings",
    }

    /// Which usage a budget limits.
    BudgetScope { Proactive = "proactive", Reactive = "reactive", All = "all" }

    /// Of UTC; a week begins on Monday.
    BudgetPeriod { Day = "day", Week = "week", Month = "month" }

    /// An open reservation whose time is over holds nothing any more.
    ReservationStatus { Open = "open", Settled = "settled", Released = "released" }

    /// `healthy`, `rolled_back` and `failed` are final.
    DeploymentStatus {
        Building = "building", Testing = "testing", Deploying = "deploying", Healthy = "healthy",
        RolledBack = "rolled_back", Failed = "failed",
    }
}
